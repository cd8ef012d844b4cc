/** The one way to talk to the HTTP API: adds the headers that the server asks of a browser, and turns every failure into an `ApiError`. */

const prefix = "/api/v1";
const timeout_ms = 10_000;

/** A refusal from the API's table, or `network` / `time_out` / `bad_answer` with status 0 when there was none. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string = "",
    readonly retry_after_s: number | null = null,
    /** What belongs to the code, such as the new price of `price_changed`. */
    readonly detail: unknown = null,
  ) {
    super(message);
  }
}

export interface CallOptions {
  /** Sent as Idempotency-Key; the caller keeps it and uses it again for a retry. */
  idempotencyKey?: string;
  timeout_ms?: number;
  signal?: AbortSignal;
  /** For bodies that are not JSON, such as `text/csv`. */
  contentType?: string;
}

let csrf: string | null = null;

/** The token that a session's answer carries; every unsafe call sends it from then on. */
export function setCsrf(token: string | null): void {
  csrf = token;
}

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

function headersFor(method: Method, body: unknown, options: CallOptions): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json", "x-ringlight": "1" };
  if (body !== undefined) headers["content-type"] = options.contentType ?? "application/json";
  if (method !== "GET" && csrf) headers["x-csrf-token"] = csrf;
  if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey;
  return headers;
}

async function errorOf(response: Response): Promise<ApiError> {
  const retry = Number(response.headers.get("retry-after"));
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: { code?: string; message?: string; hint?: string; detail?: unknown } } | null)?.error;
  return new ApiError(
    response.status,
    error?.code ?? `http_${response.status}`,
    error?.message ?? response.statusText,
    error?.hint ?? "",
    Number.isFinite(retry) && retry > 0 ? retry : null,
    error?.detail ?? null,
  );
}

/** Calls the API and answers the raw response (for clips and CSV); throws `ApiError`. */
export async function fetchRaw(
  method: Method,
  path: string,
  body?: unknown,
  options: CallOptions = {},
): Promise<Response> {
  const limit = AbortSignal.timeout(options.timeout_ms ?? timeout_ms);
  let response: Response;
  try {
    response = await fetch(path.startsWith("/api/") ? path : prefix + path, {
      method,
      credentials: "same-origin",
      headers: headersFor(method, body, options),
      ...(body === undefined ? {} : { body: options.contentType ? (body as BodyInit) : JSON.stringify(body) }),
      signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    const code = limit.aborted ? "time_out" : "network";
    throw new ApiError(0, code, code === "network" ? "the server cannot be reached" : "the server did not answer in time");
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function call<T>(method: Method, path: string, body?: unknown, options?: CallOptions): Promise<T> {
  const response = await fetchRaw(method, path, body, options);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  if (!text) return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError(0, "bad_answer", "the server's answer cannot be read");
  }
}

export const api = {
  get: <T>(path: string, options?: CallOptions) => call<T>("GET", path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: CallOptions) => call<T>("POST", path, body ?? {}, options),
  patch: <T>(path: string, body: unknown, options?: CallOptions) => call<T>("PATCH", path, body, options),
  put: <T>(path: string, body?: unknown, options?: CallOptions) => call<T>("PUT", path, body, options),
  delete: <T>(path: string, options?: CallOptions) => call<T>("DELETE", path, undefined, options),
};

/** Joins a path from parts that may hold any character. */
export function at(...parts: string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}
