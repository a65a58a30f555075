import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { AccessProvider } from "../parts/access";
import { studioTexts as texts } from "../texts/studio";
import { sans, serif } from "./fonts";
import { Gate } from "./gate";
import { Masthead } from "./masthead";
import { RemovalNote } from "./removal-note";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: texts.name, template: `%s · ${texts.name}` },
  description: texts.description,
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f6f4f0" },
    { media: "(prefers-color-scheme: dark)", color: "#161513" },
  ],
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" className={`${sans.variable} ${serif.variable}`}>
      <body>
        <AccessProvider>
          <Masthead />
          <Gate>{children}</Gate>
          <RemovalNote />
        </AccessProvider>
      </body>
    </html>
  );
}
