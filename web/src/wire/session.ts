/** Signing in and out. The cookie is the server's; the page keeps only the CSRF token, in memory. */
import { signal } from "@preact/signals";
import type { Role, Session } from "./api";
import { api, ApiError, setCsrf } from "./http";

/** `undefined` until asked, `null` when nobody is signed in. */
export const session = signal<Session | null | undefined>(undefined);

function keep(next: Session | null): Session | null {
  setCsrf(next?.csrf ?? null);
  session.value = next;
  return next;
}

export async function loadSession(): Promise<Session | null> {
  try {
    return keep(await api.get<Session>("/session"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return keep(null);
    throw error;
  }
}

export async function signIn(name: string, password: string): Promise<Session | null> {
  return keep(await api.post<Session>("/session", { name, password }));
}

/** The first operator, by the link that the first start prints (`/ops?setup=TOKEN`). */
export async function setUp(token: string, name: string, password: string): Promise<Session | null> {
  const answer = await api.post<Session | undefined>("/setup", { token, name, password });
  return answer?.csrf ? keep(answer) : signIn(name, password);
}

export async function signOut(): Promise<void> {
  await api.delete("/session");
  keep(null);
}

export function hasRole(...roles: Role[]): boolean {
  return session.value?.user.roles.some((role) => roles.includes(role)) ?? false;
}
