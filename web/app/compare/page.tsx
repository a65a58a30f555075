import type { Metadata } from "next";
import { Suspense } from "react";
import { CompareRoom } from "../../rooms/compare/compare";

export const metadata: Metadata = { title: "Compare · Atelier", description: "Paintings side by side, step by step." };

export default function ComparePage() {
  return (
    <main className="page">
      <Suspense>
        <CompareRoom />
      </Suspense>
    </main>
  );
}
