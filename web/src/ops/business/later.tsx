// The Business tabs come with their own words and pictures, loaded when one is opened.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failed, Loading, needWords } from "../../ui";

export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  return function Later(props: P) {
    const [Page, setPage] = useState<{ it: ComponentType<P> } | null>(null);
    const [error, setError] = useState<unknown>(null);
    const [turn, setTurn] = useState(0);
    useEffect(() => {
      let current = true;
      setError(null);
      Promise.all([load(), needWords({ insight: true })]).then(
        ([it]) => current && setPage({ it }),
        (refused: unknown) => current && setError(refused),
      );
      return () => {
        current = false;
      };
    }, [turn]);
    if (error) return <Failed error={error} retry={() => setTurn(turn + 1)} />;
    return Page ? <Page.it {...props} /> : <Loading />;
  };
}
