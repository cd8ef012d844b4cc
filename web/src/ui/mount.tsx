/** Starts a page: words first, then the tree. A page whose words do not load still says so. */
import { render, type ComponentType } from "preact";
import { startI18n, type Words } from "./i18n";
import { Toasts } from "./toast";

export async function mount(Page: ComponentType, options: Words = {}): Promise<void> {
  const root = document.getElementById("app");
  if (!root) return;
  try {
    await startI18n(options);
  } catch {
    root.textContent = "This page did not load completely. Please reload it.";
    return;
  }
  render(
    <>
      <Page />
      <Toasts />
    </>,
    root,
  );
}

/** The last part of a page's path: the slug of `/watch/{slug}` and `/desk/{slug}`. */
export function slugOfPage(path: string = location.pathname): string {
  const parts = path.split("/").filter(Boolean);
  try {
    return decodeURIComponent(parts[1] ?? "");
  } catch {
    return "";
  }
}
