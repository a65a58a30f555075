"use client";

import { useRouter } from "next/navigation";
import { Dialog, Switch } from "radix-ui";
import { useEffect, useState, useSyncExternalStore } from "react";
import dialog from "../parts/dialog.module.css";
import { activeShortcuts, onShortcuts, type Shortcut, shortcutFor, shortcutsOn, turnShortcuts } from "../shortcuts/active";
import { useShortcut } from "../shortcuts/use-shortcut";
import { shortcutTexts as texts } from "../texts/shortcuts";
import styles from "./help-sheet.module.css";
import { rooms } from "./rooms";

const none: readonly Shortcut[] = [];

/** A sheet that "?" opens with the shortcuts of this page; it also listens for their keys. */
export function HelpSheet() {
  const [open, setOpen] = useState(false);
  const shortcuts = useSyncExternalStore(onShortcuts, activeShortcuts, () => none);
  const on = useSyncExternalStore(onShortcuts, shortcutsOn, () => true);
  useKeys(on);
  useShortcut("?", texts.help, () => setOpen(true), true);
  return (
    <>
      <Dialog.Root open={open} onOpenChange={setOpen}>
        <Dialog.Trigger className={styles.trigger} aria-label={texts.title} title={texts.title}>
          ?
        </Dialog.Trigger>
        <Dialog.Portal>
          <div className={dialog.overlay} aria-hidden="true" />
          <Dialog.Content className={dialog.content} data-high="true" aria-describedby={undefined}>
            <Dialog.Title className={dialog.title}>{texts.title}</Dialog.Title>
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
            <div className={dialog.actions}>
              <Dialog.Close className="button">{texts.close}</Dialog.Close>
            </div>
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
      {rooms.map(({ href, name }, place) => (
        <RoomShortcut key={href} href={href} name={name} digit={String(place + 1)} />
      ))}
    </>
  );
}

function RoomShortcut({ href, name, digit }: { href: string; name: string; digit: string }) {
  const router = useRouter();
  useShortcut(digit, texts.goTo(name), () => router.push(href), true);
  return null;
}

function useKeys(on: boolean): void {
  useEffect(() => {
    if (!on) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
      const shortcut = shortcutFor(event.key, placeOf(event.target));
      if (!shortcut) return;
      event.preventDefault();
      shortcut.run();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [on]);
}

/** The kind of element that has the focus: a field takes keys as text, a button as presses. */
function placeOf(target: EventTarget | null): "free" | "button" | "field" {
  if (!(target instanceof HTMLElement)) return "free";
  if (
    target.isContentEditable ||
    target.closest('[role="dialog"], [role="alertdialog"], [role="listbox"], [role="menu"], textarea, select')
  )
    return "field";
  const input = target.closest("input");
  if (input) return ["checkbox", "radio", "range", "file"].includes(input.type) ? "button" : "field";
  return target.closest('button, a, summary, [role="button"], [role="slider"], [role="combobox"]') ? "button" : "free";
}
