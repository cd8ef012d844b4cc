// A tab's data with its three faces, so that every tab loads, fails and reloads alike.

import type { ComponentChildren } from "preact";
import { Failed, type Load, Loading } from "../ui";

export function Loaded<T>({ load, children }: { load: Load<T>; children: (data: T) => ComponentChildren }) {
  if (load.now.state === "loading") return <Loading />;
  if (load.now.state === "failed") return <Failed error={load.now.error} retry={load.reload} />;
  return <>{children(load.now.data)}</>;
}
