import { describe, expect, it } from "vitest";
import { type Command, commandOf, type KeyPress } from "../../src/desk/keys";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key, code: "", ctrlKey: false, metaKey: false, altKey: false, repeat: false, isComposing: false, target: null, ...more,
});

function check(p: KeyPress, command: Command | null) {
  expect(commandOf(p)).toBe(command);
}

describe("hotkeys", () => {
  it("know their letters", () => {
    check(press("m"), "mute");
    check(press("M"), "mute");
    check(press("h"), "hand_over");
    check(press("?"), "help");
    check(press("x"), null);
  });

  it("decide about an incident, and never by the key that dumps", () => {
    check(press("Enter"), "confirm");
    check(press("w"), "widen");
    check(press("l"), "dismiss");
    check(press("д", { code: "KeyL" }), "dismiss");
    check(press("d"), "dump");
  });

  it("leave Enter to what has the focus", () => {
    for (const tagName of ["BUTTON", "a", "SUMMARY", "INPUT", "SELECT", "TEXTAREA"]) check(press("Enter", { target: { tagName, type: "checkbox" } }), null);
    check(press("Enter", { target: { tagName: "CANVAS" } }), "confirm");
    check(press("Enter", { target: { tagName: "BODY" } }), "confirm");
    check(press("Enter", { repeat: true }), null);
    check(press("Enter", { ctrlKey: true }), null);
  });

  it("follow the keycap on another layout", () => {
    check(press("ь", { code: "KeyM" }), "mute");
    check(press("Process", { code: "KeyP" }), "panic");
    check(press("m", { code: "Semicolon" }), "mute");
  });

  it("leave the browser's and the typist's keys alone", () => {
    check(press("c", { ctrlKey: true }), null);
    check(press("r", { metaKey: true }), null);
    check(press("m", { repeat: true }), null);
    check(press("m", { isComposing: true }), null);
    check(press("m", { target: { tagName: "INPUT", type: "text" } }), null);
    check(press("m", { target: { tagName: "textarea" } }), null);
    check(press("m", { target: { tagName: "DIV", isContentEditable: true } }), null);
    check(press("m", { target: { tagName: "INPUT", type: "checkbox" } }), "mute");
    check(press("m", { target: { tagName: "BUTTON" } }), "mute");
  });

  it("let escape leave a field", () => {
    check(press("Escape", { target: { tagName: "INPUT", type: "text" } }), "escape");
  });
});
