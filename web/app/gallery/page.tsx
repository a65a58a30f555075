import type { Metadata } from "next";
import { Gallery } from "../../rooms/gallery/gallery";

export const metadata: Metadata = { title: "Gallery · Atelier", description: "Every painting and translation of this server." };

export default function GalleryPage() {
  return (
    <main className="page">
      <Gallery kind={null} />
    </main>
  );
}
