// The door of desk, studio and ops: asks who is there, offers to sign in, and says when a role is missing.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Role } from "../wire/api";
import { ApiError } from "../wire/http";
import { hasRole, loadSession, session, setUp, signIn, signOut } from "../wire/session";
import { Button, errorWords, Failed, Field, LanguageSwitch, Loading, Notice, t } from "../ui";
import "./gate.css";

interface GateProps {
  /** Any of these opens the page. */
  roles: Role[];
  page: "desk" | "studio" | "ops" | "recap";
  children: ComponentChildren;
}

export function Gate({ roles, page, children }: GateProps) {
  const [error, setError] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    setError(null);
    loadSession().catch(setError);
  }, [turn]);
  const now = session.value;
  const setup = page === "ops" ? new URLSearchParams(location.search).get("setup") : null;
  if (error) return <Failed error={error} retry={() => setTurn(turn + 1)} />;
  if (now === undefined) return <Loading />;
  if (now === null) return <Door page={page}>{setup ? <SetUp token={setup} /> : <SignIn />}</Door>;
  if (!hasRole(...roles)) return <Door page={page}><WrongRole roles={roles} /></Door>;
  return <>{children}</>;
}

function Door({ page, children }: { page: GateProps["page"]; children: ComponentChildren }) {
  return (
    <main class="door">
      <header class="door-head"><span class="door-name">Ringlight</span><span class="muted">{t(`crew.page.${page}`)}</span><span class="spring" /><LanguageSwitch /></header>
      {children}
    </main>
  );
}

/** What a failed sign-in says; a lock-out says for how long. */
function doorWords(error: unknown): { title: string; hint: string } {
  const words = errorWords(error);
  if (!(error instanceof ApiError)) return words;
  const wait = error.retry_after_s;
  return {
    title: words.title,
    hint: wait !== null ? t("crew.error.wait", { seconds: wait }) : words.hint,
  };
}

function SignIn() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  return (
    <DoorForm title={t("crew.sign_in")} submit={t("crew.sign_in")} send={() => signIn(name.trim(), password)}>
      <Field label={t("crew.name")} name="username" autoComplete="username" autoFocus required value={name} onValue={setName} spellcheck={false} autocapitalize="none" />
      <Field label={t("crew.password")} name="password" type="password" autoComplete="current-password" required value={password} onValue={setPassword} />
    </DoorForm>
  );
}

function SetUp({ token }: { token: string }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const send = async () => {
    await setUp(token, name.trim(), password);
    // The token is used up; a reload must not offer the form again.
    history.replaceState(null, "", location.pathname);
  };
  return (
    <DoorForm title={t("crew.setup.title")} intro={t("crew.setup.intro")} submit={t("crew.setup.submit")} send={send}>
      <Field label={t("crew.name")} name="username" autoComplete="username" autoFocus required value={name} onValue={setName} spellcheck={false} autocapitalize="none" />
      <Field label={t("crew.password")} name="password" type="password" autoComplete="new-password" required minLength={12} hint={t("crew.setup.password_hint")} value={password} onValue={setPassword} />
    </DoorForm>
  );
}

function DoorForm({ title, intro, submit, send, children }: { title: string; intro?: string; submit: string; send: () => Promise<unknown>; children: ComponentChildren }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const go = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await send();
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  };
  const words = error ? doorWords(error) : null;
  return (
    <form class="door-form" onSubmit={go}>
      <h1>{title}</h1>
      {intro ? <p class="muted">{intro}</p> : null}
      {children}
      {words ? <Notice kind="error" title={words.title}>{words.hint}</Notice> : null}
      <Button type="submit" look="primary" size="large" busy={busy}>{submit}</Button>
    </form>
  );
}

function WrongRole({ roles }: { roles: Role[] }) {
  const name = session.value?.user.name ?? "";
  return (
    <div class="door-form">
      <h1>{t("crew.role.title")}</h1>
      <p class="muted">{t("crew.role.words", { name, roles: roles.map((r) => t(`crew.role.${r}`)).join(", ") })}</p>
      <Button onClick={() => void signOut()}>{t("crew.sign_out")}</Button>
    </div>
  );
}
