/** Loading a page's data with its three faces: on the way, failed, here. */
import { useCallback, useEffect, useState } from "preact/hooks";

export type Loaded<T> =
  | { state: "loading" }
  | { state: "failed"; error: unknown }
  | { state: "ready"; data: T };

export interface Load<T> {
  now: Loaded<T>;
  /** Why the newest try failed while older data is still shown; null when it is fresh. */
  stale: unknown;
  /** Asks again; what is shown stays until the answer is here. */
  reload: () => void;
  /** Puts a value in place, after a change whose answer holds it. */
  set: (data: T) => void;
}

/** How often a table of things that change by themselves is asked for again. */
const refresh_ms = 10_000;

/** Asks again every few seconds while the page is looked at. */
export function useRefresh(reload: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, refresh_ms);
    return () => clearInterval(timer);
  }, [reload]);
}

export function useLoad<T>(ask: () => Promise<T>, deps: readonly unknown[]): Load<T> {
  const [now, setNow] = useState<Loaded<T>>({ state: "loading" });
  const [stale, setStale] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    ask().then(
      (data) => {
        if (!current) return;
        setNow({ state: "ready", data });
        setStale(null);
      },
      (error: unknown) => {
        if (!current) return;
        setNow((before) => (before.state === "ready" ? before : { state: "failed", error }));
        setStale(error);
      },
    );
    return () => {
      current = false;
    };
  }, [...deps, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const set = useCallback((data: T) => setNow({ state: "ready", data }), []);
  return { now, stale, reload, set };
}
