// Work that the server does for a while: asked for, watched, stopped.

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Job } from "../../wire/api";
import { api, ApiError } from "../../wire/http";
import { Button, Empty, errorWords, Failed, Loading, Notice, number, t, tOr, When } from "../../ui";

const poll_ms = 1_000;
const retry_ms = 5_000;

export interface Working<T extends Job> {
  job: T | null;
  /** Why the newest answer is missing; what is shown is older. */
  lost: unknown;
  /** Why the last wish was refused. */
  refused: unknown;
  busy: boolean;
  start: (body: unknown) => Promise<void>;
  stop: () => Promise<void>;
  reload: () => void;
}

/** The same answer stays the same object, so that its pictures are not drawn anew at each look. */
export function newer<T extends Job>(before: T | null, next: T): T {
  if (!before?.done_at || before.done_at !== next.done_at) return next;
  const { state, stage, done, of, error, asked_at } = next;
  return { ...before, state, stage, done, of, error, asked_at };
}

export function useJob<T extends Job>(path: string): Working<T> {
  const [job, setJob] = useState<T | null>(null);
  const [lost, setLost] = useState<unknown>(null);
  const [refused, setRefused] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [turn, setTurn] = useState(0);
  /** Which answer is here already, so that it is not sent with each look. */
  const held = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    let current = true;
    const ask = async () => {
      try {
        const have = held.current ? `?${new URLSearchParams({ have: held.current })}` : "";
        const next = await api.get<T>(`${path}${have}`);
        if (!current) return;
        setJob((before) => newer(before, next));
        held.current = next.done_at ?? null;
        setLost(null);
        if (next.state === "running") timer.current = setTimeout(() => void ask(), poll_ms);
      } catch (error) {
        if (!current) return;
        setLost(error);
        timer.current = setTimeout(() => void ask(), retry_ms);
      }
    };
    void ask();
    return () => {
      current = false;
      clearTimeout(timer.current);
    };
  }, [path, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const wish = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true);
    setRefused(null);
    try {
      await work();
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
      reload();
    }
  }, [reload]);
  const start = useCallback((body: unknown) => wish(() => api.post(path, body)), [path, wish]);
  const stop = useCallback(() => wish(() => api.delete(path)), [path, wish]);
  return { job, lost, refused, busy, start, stop, reload };
}

/** What the server has against a wish, with the place where it stands. */
function wordsOf(refused: unknown): { title: string; hint: string } {
  if (refused instanceof ApiError && refused.status === 422) return { title: t("insight.b.refused"), hint: refused.message };
  return errorWords(refused);
}

interface JobPanelProps<T extends Job> {
  work: Working<T>;
  /** What asks for the work: a form with its button. */
  ask: ComponentChildren;
  /** Shown before the first answer. */
  empty: string;
  /** The answer, where there is one. */
  children: (job: T) => ComponentChildren;
  has: (job: T) => boolean;
}

export function JobPanel<T extends Job>({ work, ask, empty, children, has }: JobPanelProps<T>) {
  const { job, lost, refused, reload } = work;
  if (!job) return lost ? <Failed error={lost} retry={reload} /> : <Loading />;
  const there = has(job);
  const words = refused ? wordsOf(refused) : null;
  return (
    <>
      {lost ? <Notice kind="error" title={errorWords(lost).title} action={<Button size="small" onClick={reload}>{t("ui.retry")}</Button>}>{t("insight.b.lost")}</Notice> : null}
      {job.state === "running" ? <Running work={work} job={job} /> : ask}
      {words ? <Notice kind="error" title={words.title}>{words.hint}</Notice> : null}
      {job.state === "failed" ? <Notice kind="error" title={t("insight.b.failed")}>{job.error}</Notice> : null}
      {job.state === "stopped" ? <Notice>{t("insight.b.stopped")}</Notice> : null}
      {there && job.done_at ? <p class="muted small">{t("insight.b.done_at")} <When time={job.done_at} /></p> : null}
      {there ? children(job) : job.state === "running" ? null : <Empty title={t("insight.b.none")}>{empty}</Empty>}
    </>
  );
}

function Running<T extends Job>({ work, job }: { work: Working<T>; job: T }) {
  const { stage } = job;
  const name = stage ? tOr(`insight.stage.${stage.replaceAll(" ", "_")}`, stage) : t("ui.loading");
  const part = job.of > 0 ? Math.min(1, job.done / job.of) : null;
  const figure = part === null ? (job.done > 0 ? number(job.done) : "") : number(part, { style: "percent", maximumFractionDigits: 0 });
  return (
    <div class="b-running">
      <div class="b-progress">
        <span role="status">{name} <b class="num">{figure}</b></span>
        {part === null ? <progress aria-label={name} /> : <progress aria-label={name} value={part} max={1} />}
      </div>
      <Button busy={work.busy} onClick={() => void work.stop()}>{t("insight.b.stop")}</Button>
    </div>
  );
}
