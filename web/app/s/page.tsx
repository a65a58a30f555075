import type { Metadata } from "next";
import { Suspense } from "react";
import { SessionRoom } from "../../rooms/session/session-room";

export const metadata: Metadata = { title: "Session · Atelier" };

export default function SessionPage() {
  return (
    <Suspense>
      <SessionRoom />
    </Suspense>
  );
}
