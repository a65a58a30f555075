import type { Metadata } from "next";
import { Suspense } from "react";
import { GalleryRoom } from "../../rooms/gallery/gallery-room";
import { galleryTexts } from "../../texts/gallery";

export const metadata: Metadata = galleryTexts.page;

export default function GalleryPage() {
  return (
    <main className="page">
      <Suspense>
        <GalleryRoom />
      </Suspense>
    </main>
  );
}
