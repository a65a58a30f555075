import type { Metadata } from "next";
import { ModelsRoom } from "../../rooms/catalogue/models-room";
import { modelsTexts } from "../../texts/models";

export const metadata: Metadata = modelsTexts.page;

export default function ModelsPage() {
  return (
    <main className="page">
      <ModelsRoom />
    </main>
  );
}
