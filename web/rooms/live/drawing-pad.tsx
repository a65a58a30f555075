import { type PointerEvent, useEffect, useRef, useState } from "react";
import { type PictureSource, SourceListeners } from "../../camera/source";
import { liveTexts } from "../../texts/live";
import { unitTexts as units } from "../../texts/units";
import styles from "./drawing-pad.module.css";
import { type Drawing, type DrawingAction, paintDrawing, type Stroke } from "./drawing-strokes";
import type { Pad } from "./pads";

const texts = liveTexts.pad;

/** Side of the drawing, px: the size that translators of drawings were trained on. */
const SIDE = 256;

/** Time before the picture under the strokes is asked for again when it did not load, ms. */
const AGAIN_AFTER_MS = 3_000;

interface Props {
  /** Must stay the same while the component is mounted. */
  pad: Pad;
  drawing: Drawing;
  act(action: DrawingAction): void;
  /** Receives the pad as a source of pictures, and null when the pad unmounts. */
  onSource(source: PictureSource | null): void;
}

/** A sheet to draw on with mouse, pen or finger; every stroke makes a new picture. */
export function DrawingPad({ pad, drawing, act, onSource }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const listeners = useRef(new SourceListeners());
  const [tool, setTool] = useState<Stroke["tool"]>("pen");
  const [width, setWidth] = useState<number>(pad.widths[1]);
  const [colour, setColour] = useState(pad.colours[0]?.value ?? "#000000");
  /** The picture under the strokes, null without one; not known until it is loaded. */
  const [ground, setGround] = useState<HTMLImageElement | null | undefined>(pad.begins === null ? null : undefined);
  const isReady = ground !== undefined;
  /** The pointer that is drawing; others, such as a second finger, are ignored. */
  const pen = useRef<number | null>(null);

  useEffect(() => {
    if (pad.begins === null) return;
    const image = new Image();
    const { begins } = pad;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = () => {
      image.src = begins;
    };
    image.onload = () => setGround(image);
    image.onerror = () => {
      timer = setTimeout(load, AGAIN_AFTER_MS);
    };
    load();
    return () => {
      clearTimeout(timer);
      image.onload = null;
      image.onerror = null;
    };
  }, [pad]);

  useEffect(() => {
    const context = canvas.current?.getContext("2d", { alpha: false });
    if (context) paintDrawing(context, drawing, pad.sheet, ground ?? null);
    listeners.current.tell();
  }, [drawing, pad, ground]);

  useEffect(() => {
    const element = canvas.current;
    // Before, an empty sheet would be taken for the drawing.
    if (!element || !isReady) return;
    const heard = listeners.current;
    onSource({
      element,
      picture: element,
      width: SIDE,
      height: SIDE,
      onPicture(listener) {
        const leave = heard.add(listener);
        // A drawing does not change by itself, so a new listener gets its picture at once.
        listener();
        return leave;
      },
      onResize: () => () => undefined,
      close: () => heard.clear(),
    });
    return () => onSource(null);
  }, [onSource, isReady]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || isText(event.target) || pen.current !== null) return;
      event.preventDefault();
      act({ type: event.shiftKey ? "redo" : "undo" });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [act]);

  function begin(event: PointerEvent<HTMLCanvasElement>) {
    if (event.button !== 0 || pen.current !== null) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    pen.current = event.pointerId;
    act({ type: "begin", stroke: { tool, colour, width, points: [pointOf(event.currentTarget, event.nativeEvent)] } });
  }

  function extend(event: PointerEvent<HTMLCanvasElement>) {
    if (pen.current !== event.pointerId) return;
    const { currentTarget, nativeEvent } = event;
    const events = nativeEvent.getCoalescedEvents?.() ?? [];
    act({ type: "extend", points: (events.length > 0 ? events : [nativeEvent]).map((each) => pointOf(currentTarget, each)) });
  }

  function end(event: PointerEvent<HTMLCanvasElement>) {
    if (pen.current === event.pointerId) pen.current = null;
  }

  return (
    <div className={styles.pad}>
      <canvas
        ref={canvas}
        className={styles.sheet}
        width={SIDE}
        height={SIDE}
        aria-label={texts.sheet}
        data-testid="drawing-pad"
        onPointerDown={begin}
        onPointerMove={extend}
        onPointerUp={end}
        onPointerCancel={end}
      />
      <fieldset className={styles.tools}>
        <legend className="hidden">{texts.tools}</legend>
        <button type="button" className="button" aria-pressed={tool === "pen"} onClick={() => setTool("pen")}>
          {texts.pen}
        </button>
        <button type="button" className="button" aria-pressed={tool === "eraser"} onClick={() => setTool("eraser")}>
          {texts.eraser}
        </button>
        {pad.colours.length > 1 && (
          <label className={styles.width}>
            {texts.part}
            <select
              value={pad.colours.some(({ value }) => value === colour) ? colour : ""}
              onChange={(event) => setColour(event.target.value)}
            >
              {pad.colours.map(({ title, value }) => (
                <option key={value} value={value}>
                  {title}
                </option>
              ))}
              {pad.colours.every(({ value }) => value !== colour) && <option value="">{texts.ownColour}</option>}
            </select>
          </label>
        )}
        {pad.anyColour && (
          <label className={styles.width}>
            {texts.colour}
            <input type="color" value={colour} onChange={(event) => setColour(event.target.value)} />
          </label>
        )}
        <label className={styles.width}>
          {texts.width}
          <select value={width} onChange={(event) => setWidth(Number(event.target.value))}>
            {pad.widths.map((each) => (
              <option key={each} value={each}>
                {units.pixels(each)}
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="button" disabled={drawing.done.length === 0} onClick={() => act({ type: "undo" })}>
          {texts.undo}
        </button>
        <button type="button" className="button" disabled={drawing.undone.length === 0} onClick={() => act({ type: "redo" })}>
          {texts.redo}
        </button>
        <button type="button" className="button" onClick={() => act({ type: "clear" })}>
          {texts.clear}
        </button>
      </fieldset>
    </div>
  );
}

/** Where a pointer is on the sheet, px, and how firmly it presses; a mouse always presses fully. */
function pointOf(sheet: HTMLCanvasElement, event: globalThis.PointerEvent): Stroke["points"][number] {
  const box = sheet.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * sheet.width;
  const y = ((event.clientY - box.top) / box.height) * sheet.height;
  return [x, y, event.pointerType === "pen" ? event.pressure : 1];
}

function isText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("textarea, input:not([type=radio], [type=checkbox], [type=range])"))
  );
}
