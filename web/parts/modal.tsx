import { Dialog } from "radix-ui";
import type { ReactNode, RefObject } from "react";
import dialog from "./dialog.module.css";

interface Props {
  /** A `Dialog.Trigger` that opens it. */
  trigger: ReactNode;
  title: string;
  /** A sentence below the title. */
  about?: string;
  /** Set for a dialog with pictures, which may need the height of the window. */
  high?: boolean;
  open?: boolean;
  onOpenChange?(open: boolean): void;
  /** What has the focus afterwards, where no trigger opened it. */
  returnFocus?: RefObject<HTMLElement | null> | undefined;
  children: ReactNode;
}

/** A dialog over the page, with its title; the content brings its own `Dialog.Close`. */
export function Modal({ trigger, title, about, high = false, open, onOpenChange, returnFocus, children }: Props) {
  // Without a description, Radix wants to be told so.
  const described = about === undefined ? { "aria-describedby": undefined } : {};
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      {trigger}
      <Dialog.Portal>
        <div className={dialog.overlay} aria-hidden="true" />
        <Dialog.Content
          className={dialog.content}
          data-high={high}
          {...described}
          onCloseAutoFocus={(event) => {
            if (!returnFocus) return;
            event.preventDefault();
            returnFocus.current?.focus();
          }}
        >
          <Dialog.Title className={dialog.title}>{title}</Dialog.Title>
          {about !== undefined && <Dialog.Description className="note">{about}</Dialog.Description>}
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
