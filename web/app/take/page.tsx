import type { Metadata } from "next";
import { Suspense } from "react";
import { HomePage } from "../../rooms/kiosk/take-home/home-page";
import { takeHomePage } from "../../texts/kiosk/set-up";

export const metadata: Metadata = takeHomePage;

export default function TakeHomePage() {
  return (
    <Suspense>
      <HomePage />
    </Suspense>
  );
}
