import type { Metadata } from "next";
import { Suspense } from "react";
import { GalleryRoom } from "../../rooms/gallery/gallery-room";

export const metadata: Metadata = { title: "Gallery · Atelier", description: "Every painting and translation of this server." };

export default function GalleryPage() {
  return (
    <main className="page">
      <Suspense>
        <GalleryRoom />
      </Suspense>
    </main>
  );
}
