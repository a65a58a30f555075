import type { Metadata } from "next";
import { ModelsRoom } from "../../rooms/catalogue/models-room";

export const metadata: Metadata = { title: "Models · Atelier", description: "The networks of this server, and how to add your own." };

export default function ModelsPage() {
  return (
    <main className="page">
      <ModelsRoom />
    </main>
  );
}
