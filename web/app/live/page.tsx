import type { Metadata } from "next";
import { Live } from "../../rooms/live/live";
import { liveTexts as texts } from "../../texts/live";

export const metadata: Metadata = {
  title: "Live · Atelier",
  description: "See yourself translated as you move, or draw and watch the colours come.",
};

export default function LivePage() {
  return (
    <main className="page">
      <h1 className="hidden">{texts.heading}</h1>
      <Live />
    </main>
  );
}
