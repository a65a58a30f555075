import type { Metadata } from "next";
import { Suspense } from "react";
import headings from "../../../parts/headings.module.css";
import { SetUp } from "../../../rooms/kiosk/set-up/set-up";
import { setUpTexts as texts } from "../../../texts/kiosk/set-up";

export const metadata: Metadata = texts.page;

export default function KioskSetUpPage() {
  return (
    <main className="page">
      <h1 className={headings.page}>{texts.heading}</h1>
      <p className={headings.lead}>{texts.lead}</p>
      <Suspense>
        <SetUp />
      </Suspense>
    </main>
  );
}
