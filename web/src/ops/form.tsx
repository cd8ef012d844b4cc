// The panel in which something is made or changed: fields, one button, the refusal in words.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button, Dialog, errorWords, Notice, t } from "../ui";

interface FormProps {
  title: string;
  submit?: string;
  onClose: () => void;
  /** Resolves when all is saved; a refusal stays in the panel with what was typed. */
  onSave: () => Promise<void>;
  disabled?: boolean;
  children: ComponentChildren;
}

export function Form({ title, submit, onClose, onSave, disabled, children }: FormProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onSave();
      onClose();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  const words = error ? errorWords(error) : null;
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="stack" onSubmit={save}>
        {children}
        {words ? <Notice kind="error" title={words.title}>{words.hint}</Notice> : null}
        <div class="row form-foot">
          <Button type="submit" look="primary" busy={busy} disabled={disabled ?? false}>{submit ?? t("ui.save")}</Button>
          <Button look="quiet" onClick={onClose}>{t("ui.cancel")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

interface CheckListProps {
  label: string;
  options: { value: string; label: string; note?: string }[];
  chosen: readonly string[];
  onChosen: (chosen: string[]) => void;
  empty?: string;
}

/** Several of many; a filter appears when the list is long. */
export function CheckList({ label, options, chosen, onChosen, empty }: CheckListProps) {
  const [query, setQuery] = useState("");
  const q = query.toLowerCase();
  const shown = q ? options.filter((o) => `${o.label} ${o.value}`.toLowerCase().includes(q)) : options;
  const toggle = (value: string) => onChosen(chosen.includes(value) ? chosen.filter((c) => c !== value) : [...chosen, value]);
  return (
    <fieldset class="checks">
      <legend>{label} <span class="muted num">{chosen.length}</span></legend>
      {options.length > 8 ? <input class="input" type="search" placeholder={t("ui.filter")} aria-label={`${t("ui.filter")}: ${label}`} value={query} onInput={(event) => setQuery(event.currentTarget.value)} /> : null}
      {options.length === 0 ? <p class="muted small">{empty}</p> : null}
      <div class="checks-list">
        {shown.map((o) => (
          <label key={o.value} class="check">
            <input type="checkbox" checked={chosen.includes(o.value)} onChange={() => toggle(o.value)} />
            <span>{o.label}</span>
            {o.note ? <span class="muted small">{o.note}</span> : null}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
