import type { Metadata } from "next";
import { Suspense } from "react";
import { LayersRoom } from "../../rooms/layers/layers";
import { layersTexts } from "../../texts/layers";

export const metadata: Metadata = layersTexts.page;

export default function LayersPage() {
  return (
    <main className="page">
      <Suspense>
        <LayersRoom />
      </Suspense>
    </main>
  );
}
