"use client";

import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import type { Access } from "../graphql/access-operations";
import { AccessQuery } from "../graphql/access-operations";
import { ACCESS_LOST, execute, mayPass } from "../graphql/execute";
import { untilReached } from "../graphql/subscribe";

const AccessContext = createContext<Access | null>(null);

/** What this browser may do; null until it is known. */
export function useAccess(): Access | null {
  return useContext(AccessContext);
}

/** Whether this browser may start something. Until that is known, it may: the server decides in the end. */
export function useMayMake(): boolean {
  const access = useAccess();
  return access === null || access.role === "ARTIST" || access.role === "ADMIN";
}

/** Whether this browser may do what only admins may, such as downloading models. Until that is known, it may, as above. */
export function useMayAdminister(): boolean {
  const access = useAccess();
  return access === null || access.role === "ADMIN";
}

/** Tells all pages what this browser may do, and asks again when the server refuses something for lack of access. */
export function AccessProvider({ children }: { children: ReactNode }) {
  const [access, setAccess] = useState<Access | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const ask = () =>
      untilReached(() => execute(AccessQuery, {}, signal), signal, mayPass).then(
        ({ server }) => setAccess(server.access),
        (error: unknown) => signal.aborted || console.debug("What this browser may do is not known:", error),
      );
    void ask();
    window.addEventListener(ACCESS_LOST, ask, { signal });
    return () => ending.abort();
  }, []);
  return <AccessContext value={access}>{children}</AccessContext>;
}
