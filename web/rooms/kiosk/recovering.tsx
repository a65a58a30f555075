"use client";

import { useSearchParams } from "next/navigation";
import { Component, type ReactNode, Suspense } from "react";
import { serverAnswers } from "../../graphql/server-answers";
import { kioskTexts } from "../../texts/kiosk/languages";
import styles from "./kiosk.module.css";
import { languageNamed, useLanguage } from "./language";

const RELOAD_AFTER_MS = 10_000;

/** Reloads the page after an error, because a kiosk has no one to do it. */
export class Recovering extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override componentDidCatch(): void {
    setTimeout(async () => {
      // While the server is away, a browser would show its own page instead, which stays.
      if (await serverAnswers()) location.reload();
      else this.componentDidCatch();
    }, RELOAD_AFTER_MS);
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <Suspense>
        <Broken />
      </Suspense>
    );
  }
}

function Broken() {
  const language = useLanguage(languageNamed(useSearchParams().get("lang")));
  return (
    <main className={styles.broken} lang={language}>
      {kioskTexts[language].broken}
    </main>
  );
}
