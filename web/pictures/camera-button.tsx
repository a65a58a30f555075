import { Dialog } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { openCamera } from "../camera/camera";
import type { PictureSource } from "../camera/source";
import { takePicture } from "../camera/take-picture";
import { messageOf } from "../graphql/execute";
import dialog from "../parts/dialog.module.css";
import { Notice } from "../parts/notice";
import { pictureTexts as texts } from "../texts/pictures";
import styles from "./camera-button.module.css";
import well from "./picture-well.module.css";

/** A button that takes a picture with the camera. The camera is on only while its dialog is open. */
export function CameraButton({ name, onTake }: { name: string; onTake(file: File): void }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger className={well.tool} aria-label={texts.camera(name)} title={texts.cameraTitle}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M3 7h4l2-2h6l2 2h4v12H3z" />
          <circle cx="12" cy="13" r="3.5" />
        </svg>
      </Dialog.Trigger>
      <Dialog.Portal>
        <div className={dialog.overlay} aria-hidden="true" />
        <Dialog.Content className={dialog.content} data-high="true" aria-describedby={undefined}>
          <Dialog.Title className={dialog.title}>{texts.cameraTitle}</Dialog.Title>
          <View
            onTake={(file) => {
              onTake(file);
              setOpen(false);
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function View({ onTake }: { onTake(file: File): void }) {
  const place = useRef<HTMLDivElement>(null);
  const [source, setSource] = useState<PictureSource | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  // A higher `attempt` opens the camera again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is read by nothing.
  useEffect(() => {
    let left = false;
    let opened: PictureSource | null = null;
    const fail = (error: unknown) => {
      if (left) return;
      setSource(null);
      setFailure(messageOf(error));
    };
    setFailure(null);
    openCamera(null, (error) => {
      opened?.close();
      fail(error);
    }).then((camera) => {
      opened = camera;
      if (left) return camera.close();
      setSource(camera);
    }, fail);
    return () => {
      left = true;
      opened?.close();
    };
  }, [attempt]);

  useEffect(() => {
    if (!source) return;
    place.current?.replaceChildren(source.element);
    return () => source.element.remove();
  }, [source]);

  return (
    <>
      <div ref={place} className={styles.view} role="img" aria-label={texts.cameraView} />
      {!source && !failure && <p aria-live="polite">{texts.opening}</p>}
      {failure && <Notice>{failure}</Notice>}
      <div className={dialog.actions}>
        <Dialog.Close className="button">{texts.close}</Dialog.Close>
        {failure ? (
          <button type="button" className="button primary" onClick={() => setAttempt((count) => count + 1)}>
            {texts.again}
          </button>
        ) : (
          <button
            type="button"
            className="button primary"
            disabled={!source}
            onClick={() => {
              if (source) takePicture(source, texts.fileName).then(onTake, (error: unknown) => setFailure(messageOf(error)));
            }}
          >
            {texts.take}
          </button>
        )}
      </div>
    </>
  );
}
