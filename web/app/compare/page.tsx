import type { Metadata } from "next";
import { Suspense } from "react";
import { CompareRoom } from "../../rooms/compare/compare";
import { compareTexts } from "../../texts/compare";

export const metadata: Metadata = compareTexts.page;

export default function ComparePage() {
  return (
    <main className="page">
      <Suspense>
        <CompareRoom />
      </Suspense>
    </main>
  );
}
