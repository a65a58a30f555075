import type { Metadata } from "next";
import { Suspense } from "react";
import { sessionTexts } from "../../texts/session";
import { SessionRoom } from "./session";

export const metadata: Metadata = sessionTexts.page;

export default function SessionPage() {
  return (
    <Suspense>
      <SessionRoom />
    </Suspense>
  );
}
