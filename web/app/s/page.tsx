import type { Metadata } from "next";
import { Suspense } from "react";
import { SessionRoom } from "./session";

export const metadata: Metadata = { title: "Session · Atelier" };

export default function SessionPage() {
  return (
    <Suspense>
      <SessionRoom />
    </Suspense>
  );
}
