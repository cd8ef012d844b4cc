/** Short answers to what was just done. They never cover a picture's middle and never need a click. */
import { signal } from "@preact/signals";
import { errorWords, cls } from "./parts";
import { t } from "./i18n";

interface Toast {
  id: number;
  kind: "info" | "error";
  text: string;
  hint: string;
  action?: Action | undefined;
  /** A newer toast about the same thing takes the older one's place. */
  topic?: string | undefined;
}

interface Action {
  label: string;
  run: () => void;
}

/** More than this at once is noise: the oldest goes. */
const shown_max = 3;
const info_ms = 6_000;
const error_ms = 12_000;

const toasts = signal<Toast[]>([]);
let next = 1;

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

function show(toast: Omit<Toast, "id">): void {
  const id = next++;
  const others = toasts.value.filter((known) => !toast.topic || known.topic !== toast.topic);
  toasts.value = [...others, { ...toast, id }].slice(-shown_max);
  setTimeout(() => dismiss(id), toast.kind === "error" ? error_ms : info_ms);
}

export function notify(text: string, action?: Action, topic?: string): void {
  show({ kind: "info", text, hint: "", action, topic });
}

export function notifyError(error: unknown): void {
  const words = errorWords(error);
  show({ kind: "error", text: words.title, hint: words.hint });
}

/** Placed once per page by `mount`. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={cls("toast", toast.kind === "error" && "toast-error")}>
          <div>
            <div>{toast.text}</div>
            {toast.hint ? <div class="muted">{toast.hint}</div> : null}
          </div>
          {toast.action ? (
            <button
              type="button"
              class="btn btn-quiet btn-small"
              onClick={() => {
                toast.action?.run();
                dismiss(toast.id);
              }}
            >
              {toast.action.label}
            </button>
          ) : null}
          <button type="button" class="btn btn-quiet btn-icon" aria-label={t("ui.close")} onClick={() => dismiss(toast.id)}>✕</button>
        </div>
      ))}
    </div>
  );
}
