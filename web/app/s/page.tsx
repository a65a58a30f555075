import type { Metadata } from "next";
import { Suspense } from "react";
import { SessionRoom } from "./session-room";

export const metadata: Metadata = { title: "Painting · Atelier" };

export default function SessionPage() {
  return (
    <Suspense>
      <SessionRoom />
    </Suspense>
  );
}
