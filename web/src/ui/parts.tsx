/** Small components that every page shares. They hold no data of their own. */
import type { ButtonHTMLAttributes, ComponentChildren, PartialInputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";
import type { Money, Time } from "../wire/api";
import { ApiError } from "../wire/http";
import { localWhen, money, utc } from "./format";
import { locale, localeNames, locales, setLocale, t, tOr, type Locale } from "./i18n";

export function cls(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon"> & {
  /** `primary` is the one thing to do here; `quiet` has no box. */
  look?: "primary" | "plain" | "quiet";
  size?: "small" | "normal" | "large";
  busy?: boolean;
  /** A key that does the same, shown beside the words. */
  hotkey?: string;
  children: ComponentChildren;
};

export function Button({ look = "plain", size = "normal", busy, hotkey, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={cls("btn", `btn-${look}`, size !== "normal" && `btn-${size}`, rest.class as string)}
      disabled={rest.disabled || busy}
      aria-busy={busy ?? false}
      aria-keyshortcuts={hotkey}
    >
      {children}
      {hotkey ? <Kbd>{hotkey}</Kbd> : null}
    </button>
  );
}

export function Kbd({ children }: { children: ComponentChildren }) {
  return <kbd class="kbd" aria-hidden="true">{children}</kbd>;
}

interface Labelled {
  label: string;
  /** A sentence under the control: what it is for, or what is allowed. */
  hint?: string;
  /** Why the value cannot stay; shown instead of the hint. */
  error?: string | null;
}

type FieldProps = Labelled &
  Pick<PartialInputHTMLAttributes<HTMLInputElement>, "name" | "value" | "placeholder" | "required" | "disabled" | "readOnly" | "pattern" | "min" | "max" | "step" | "maxLength" | "minLength" | "autoComplete" | "inputMode" | "autoFocus" | "spellcheck" | "autocapitalize" | "onKeyDown" | "onBlur"> & {
    type?: "text" | "password" | "email" | "tel" | "search" | "url" | "number" | "datetime-local" | "date" | "time";
    onValue?: (value: string) => void;
  };

export function Field({ label, hint, error, onValue, type = "text", ...rest }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...rest}
        id={id}
        type={type as "text"}
        class="input"
        onInput={(event) => onValue?.(event.currentTarget.value)}
        aria-invalid={Boolean(error)}
        aria-describedby={error || hint ? `${id}-d` : undefined}
      />
      <Description id={`${id}-d`} hint={hint} error={error} />
    </div>
  );
}

function Description({ id, hint, error }: { id: string; hint?: string | undefined; error?: string | null | undefined }) {
  if (error) return <p id={id} class="field-error" role="alert">{error}</p>;
  return hint ? <p id={id} class="field-hint">{hint}</p> : null;
}

type SelectProps = Labelled & {
  value: string;
  options: { value: string; label: string; disabled?: boolean }[];
  onValue: (value: string) => void;
  disabled?: boolean;
};

export function Select({ label, hint, error, value, options, onValue, disabled }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="input"
        value={value}
        disabled={disabled}
        onChange={(event) => onValue(event.currentTarget.value)}
        aria-describedby={error || hint ? `${id}-d` : undefined}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>{option.label}</option>
        ))}
      </select>
      <Description id={`${id}-d`} hint={hint} error={error} />
    </div>
  );
}

export function Toggle(props: { label: string; on: boolean; onChange: (on: boolean) => void; disabled?: boolean; title?: string }) {
  return (
    <button
      type="button"
      class="toggle"
      role="switch"
      aria-checked={props.on}
      disabled={props.disabled}
      title={props.title}
      onClick={() => props.onChange(!props.on)}
    >
      <span class="toggle-track" aria-hidden="true"><span class="toggle-knob" /></span>
      <span>{props.label}</span>
    </button>
  );
}

/** `program` is red and only for what is on air; `preview` green; `delay` amber. Anything else is neutral. */
export type Tone = "neutral" | "accent" | "program" | "preview" | "delay";

export function Badge({ tone = "neutral", dot, children, title }: { tone?: Tone; dot?: boolean; children: ComponentChildren; title?: string }) {
  return (
    <span class={cls("badge", `badge-${tone}`)} title={title}>
      {dot ? <span class="badge-dot" aria-hidden="true" /> : null}
      {children}
    </span>
  );
}

/** A calm box with words. `error` is outlined, never red: red means on air. */
export function Notice({ kind = "info", title, children, action }: { kind?: "info" | "error"; title?: string; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class={cls("notice", `notice-${kind}`)} role={kind === "error" ? "alert" : "status"}>
      <div class="notice-words">
        {title ? <strong>{title}</strong> : null}
        {children ? <div>{children}</div> : null}
      </div>
      {action}
    </div>
  );
}

export interface Tab {
  id: string;
  label: ComponentChildren;
}

/** A row of tabs; arrows move, as the ARIA pattern says. The page draws the panel itself. Of several rows, one has the current tab. */
export function Tabs({ tabs, current, onChange, label }: { tabs: Tab[]; current: string; onChange: (id: string) => void; label: string }) {
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const here = tabs.findIndex((tab) => tab.id === current);
    const next = tabs[(here + step + tabs.length) % tabs.length];
    if (!next) return;
    onChange(next.id);
    const row = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => row.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  };
  const none = tabs.every((tab) => tab.id !== current);
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map((tab, place) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          class="tab"
          aria-selected={tab.id === current}
          tabIndex={tab.id === current || (place === 0 && none) ? 0 : -1}
          onClick={() => onChange(tab.id)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}

export function Empty({ title, children, action }: { title: string; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="state">
      <span class="state-ring" aria-hidden="true" />
      <h2>{title}</h2>
      {children ? <p>{children}</p> : null}
      {action}
    </div>
  );
}

export function Loading({ what }: { what?: string }) {
  return (
    <div class="state" role="status">
      <span class="state-ring state-ring-busy" aria-hidden="true" />
      <p>{what ?? t("ui.loading")}</p>
    </div>
  );
}

/** The words for an error: this page's own when it has them, else the server's, with the hint. */
export function errorWords(error: unknown): { title: string; hint: string } {
  if (!(error instanceof ApiError)) return { title: t("error.unknown"), hint: t("error.unknown.hint") };
  return {
    title: tOr(`error.${error.code}`, error.message || t("error.unknown")),
    hint: tOr(`error.${error.code}.hint`, error.hint),
  };
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const words = errorWords(error);
  return (
    <div class="state" role="alert">
      <h2>{words.title}</h2>
      {words.hint ? <p>{words.hint}</p> : null}
      {retry ? <Button onClick={retry}>{t("ui.retry")}</Button> : null}
    </div>
  );
}

export function Price({ amount, was, large }: { amount: Money; was?: Money | null | undefined; large?: boolean }) {
  return (
    <span class={cls("price", large && "price-large")}>
      <span class="num">{money(amount)}</span>
      {was ? <s class="num muted"><span class="sr">{t("ui.price.was")} </span>{money(was)}</s> : null}
    </span>
  );
}

/** Local time, UTC on hover. */
export function When({ time }: { time: Time }) {
  return <time dateTime={time} title={utc(time)} class="num">{localWhen(time)}</time>;
}

export function LanguageSwitch() {
  return (
    <label class="lang">
      <span class="sr">{t("ui.language")}</span>
      <select value={locale.value} onChange={(event) => void setLocale(event.currentTarget.value as Locale)}>
        {locales.map((name) => (
          <option key={name} value={name} lang={name}>{localeNames[name]}</option>
        ))}
      </select>
    </label>
  );
}
