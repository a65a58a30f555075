"use client";

import { Component, type ReactNode } from "react";
import { kioskTexts as texts } from "../../texts/kiosk";
import styles from "./kiosk.module.css";

const RELOAD_AFTER_MS = 10_000;

/** Nobody is there to press a button: a page that breaks is loaded anew. */
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
