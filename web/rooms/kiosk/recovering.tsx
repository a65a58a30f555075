"use client";

import { Component, type ReactNode } from "react";
import { kioskTexts as texts } from "../../texts/kiosk";
import styles from "./kiosk.module.css";

const RELOAD_AFTER_MS = 10_000;

/** Reloads the page after an error, because a kiosk has no one to do it. */
export class Recovering extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override componentDidCatch(): void {
    setTimeout(() => location.reload(), RELOAD_AFTER_MS);
  }

  override render(): ReactNode {
    return this.state.broken ? <main className={styles.broken}>{texts.broken}</main> : this.props.children;
  }
}
