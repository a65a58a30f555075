import type { Metadata } from "next";
import { Suspense } from "react";
import { LayersRoom } from "../../rooms/layers/layers";

export const metadata: Metadata = { title: "Layers · Atelier", description: "What each layer of the network adds to a painting." };

export default function LayersPage() {
  return (
    <main className="page">
      <Suspense>
        <LayersRoom />
      </Suspense>
    </main>
  );
}
