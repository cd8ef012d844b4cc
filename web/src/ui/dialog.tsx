/** A panel that never blocks the page: no backdrop, the pictures stay in view and keep playing. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "./i18n";
import { cls } from "./parts";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** `sheet` rises from the bottom on a phone; `panel` sits at the side. */
  place?: "sheet" | "panel";
}

export function Dialog({ title, onClose, children, place = "panel" }: DialogProps) {
  const box = useRef<HTMLElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    // The first thing to fill in; a sheet that is filled in already does not raise a phone's keyboard.
    const fields = [...(box.current?.querySelectorAll<HTMLInputElement>("input, select, textarea") ?? [])];
    (fields.find((field) => !field.value) ?? box.current)?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  // A button that was pressed and went away leaves the focus nowhere; Escape still means this panel.
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const nowhere = document.activeElement === document.body || document.activeElement === null;
      if (event.key === "Escape" && nowhere && !event.defaultPrevented) onClose();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [onClose]);
  return (
    <section
      ref={box}
      class={cls("dialog", `dialog-${place}`)}
      role="dialog"
      aria-modal="false"
      aria-labelledby={id}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="btn btn-quiet btn-icon" onClick={onClose} aria-label={t("ui.close")}>✕</button>
      </header>
      <div class="dialog-body">{children}</div>
    </section>
  );
}
