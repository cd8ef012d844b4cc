// A value to paste elsewhere, hidden where a camera might see it.

import { useState } from "preact/hooks";
import { Button, notify, t } from "../ui";
import "./secret.css";

/** A value to paste elsewhere; a key stays hidden until it is asked for, because screens get filmed. */
export function Secret({ label, value, open = false }: { label: string; value: string; open?: boolean }) {
  const [shown, setShown] = useState(open);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      notify(t("studio.setup.copied", { what: label }));
    } catch {
      // Without the clipboard the value is shown, to be copied by hand.
      setShown(true);
    }
  };
  return (
    <div class="secret">
      <span class="secret-name">{label}</span>
      <code class="secret-value">{shown ? value : "•".repeat(12)}</code>
      {open ? null : <Button size="small" look="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>{t(shown ? "studio.setup.hide" : "studio.setup.show")}</Button>}
      <Button size="small" onClick={() => void copy()}>{t("studio.setup.copy")}</Button>
    </div>
  );
}
