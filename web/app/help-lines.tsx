"use client";

import { Switch } from "radix-ui";
import { useSyncExternalStore } from "react";
import { activeShortcuts, onShortcuts, type Shortcut, shortcutsOn, turnShortcuts } from "../shortcuts/active";
import { shortcutTexts as texts } from "../texts/shortcuts";
import styles from "./help-sheet.module.css";

const none: readonly Shortcut[] = [];

/** The shortcuts of the page, and the switch that turns them off. */
export function HelpLines() {
  const shortcuts = useSyncExternalStore(onShortcuts, activeShortcuts, () => none);
  const on = useSyncExternalStore(onShortcuts, shortcutsOn, () => true);
  return (
    <>
      <dl className={styles.keys} data-on={on}>
        {[...shortcuts]
          .sort((a, b) => Number(a.everywhere) - Number(b.everywhere))
          .map(({ key, title }) => (
            <div key={`${key} ${title}`} className={styles.row}>
              <dt>
                <kbd className={styles.key}>{texts.keyNames[key] ?? key.toUpperCase()}</kbd>
              </dt>
              <dd>{title}</dd>
            </div>
          ))}
      </dl>
      <p className="note">{texts.elsewhere}</p>
      <div className={styles.switchLine}>
        <Switch.Root id="turn-shortcuts" className={styles.switch} checked={on} onCheckedChange={turnShortcuts}>
          <Switch.Thumb className={styles.thumb} />
        </Switch.Root>
        <label htmlFor="turn-shortcuts">{texts.turn}</label>
      </div>
    </>
  );
}
