"use client";

import { useRouter } from "next/navigation";
import { Dialog } from "radix-ui";
import { type ComponentType, useEffect, useState, useSyncExternalStore } from "react";
import dialog from "../parts/dialog.module.css";
import { onShortcuts, shortcutFor, shortcutsOn } from "../shortcuts/active";
import { useShortcut } from "../shortcuts/use-shortcut";
import { shortcutTexts as texts } from "../texts/shortcuts";
import styles from "./help-sheet.module.css";
import { rooms } from "./rooms";

/** A sheet that "?" opens with the shortcuts of this page; it also listens for their keys. */
export function HelpSheet() {
  const [open, setOpen] = useState(false);
  const Lines = useLines(open);
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
            {Lines && <Lines />}
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

/** What the open sheet says; null until its code is loaded, which few people need. */
function useLines(open: boolean): ComponentType | null {
  const [lines, setLines] = useState<{ Lines: ComponentType } | null>(null);
  useEffect(() => {
    if (!open || lines) return;
    import("./help-lines")
      .then(({ HelpLines }) => setLines({ Lines: HelpLines }))
      .catch((error: unknown) => console.debug("The list of keys could not be loaded:", error));
  }, [open, lines]);
  return lines?.Lines ?? null;
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
