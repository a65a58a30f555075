import type { Metadata } from "next";
import { Suspense } from "react";
import { Kiosk } from "../../rooms/kiosk/kiosk";
import { Recovering } from "../../rooms/kiosk/recovering";

export const metadata: Metadata = { title: "Kiosk · Atelier", description: "Paintings in the making, for exhibitions." };

export default function KioskPage() {
  return (
    <Recovering>
      <Suspense>
        <Kiosk />
      </Suspense>
    </Recovering>
  );
}
