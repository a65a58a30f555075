import type { Metadata } from "next";
import { Live } from "../../rooms/live/live";
import { liveTexts as texts } from "../../texts/live";

export const metadata: Metadata = texts.page;

export default function LivePage() {
  return (
    <main className="page">
      <h1 className="hidden">{texts.heading}</h1>
      <Live />
    </main>
  );
}
