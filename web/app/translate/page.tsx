import type { Metadata } from "next";
import { Suspense } from "react";
import { Gallery } from "../../rooms/gallery/gallery";
import { Translate } from "../../rooms/translate/translate";
import { translationTexts as texts } from "../../texts/translation";

export const metadata: Metadata = texts.page;

export default function TranslatePage() {
  return (
    <main className="page">
      <h1 className="hidden">{texts.heading}</h1>
      <Suspense>
        <Translate>
          <Gallery kind="TRANSLATION" />
        </Translate>
      </Suspense>
    </main>
  );
}
