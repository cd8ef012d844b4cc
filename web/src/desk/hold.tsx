// A button that must be held: for the one step of a show that nothing takes back.

import { useEffect, useRef, useState } from "preact/hooks";
import { cls, t } from "../ui";
import "./hold.css";

export const HOLD_MS = 1500;

interface HoldProps {
  label: string;
  holding: string;
  onHeld: () => void;
  busy?: boolean;
  small?: boolean;
}

/** Held by pointer, or by Space or Enter; a short press only says what to do. */
export function HoldButton({ label, holding, onHeld, busy, small = true }: HoldProps) {
  const [down, setDown] = useState(false);
  const [told, setTold] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const start = () => {
    if (busy || down) return;
    setDown(true);
    setTold(false);
    timer.current = setTimeout(() => {
      setDown(false);
      onHeld();
    }, HOLD_MS);
  };
  const stop = () => {
    if (!down) return;
    clearTimeout(timer.current);
    setDown(false);
    setTold(true);
  };
  const isKey = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";
  return (
    <button
      type="button"
      class={cls("btn hold", small && "btn-small", down && "hold-down")}
      style={{ "--hold": `${HOLD_MS}ms` }}
      aria-busy={busy ?? false}
      aria-label={down ? holding : label}
      title={t("desk.life.hold_hint")}
      onPointerDown={start}
      onPointerUp={stop}
      onPointerLeave={stop}
      onPointerCancel={stop}
      onKeyDown={(event) => {
        if (!isKey(event)) return;
        event.preventDefault();
        if (!event.repeat) start();
      }}
      onKeyUp={(event) => isKey(event) && stop()}
      onBlur={stop}
    >
      <span class="hold-fill" aria-hidden="true" />
      <span class="hold-label" role="status">{down ? holding : told ? t("desk.life.hold_hint") : label}</span>
    </button>
  );
}
