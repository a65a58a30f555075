/** One stroke of the pen or the eraser, in the pad's pixels. */
export interface Stroke {
  tool: "pen" | "eraser";
  /** Colour of the pen, in CSS notation. */
  colour: string;
  /** Width at full pressure, px. */
  width: number;
  /** x, y and pressure (0..1) of each point. */
  points: readonly (readonly [x: number, y: number, pressure: number])[];
}

/** A drawing as its strokes and those that were undone. */
export interface Drawing {
  done: readonly (Stroke | "cleared")[];
  undone: readonly (Stroke | "cleared")[];
}

export const emptyDrawing: Drawing = { done: [], undone: [] };

export type DrawingAction =
  | { type: "begin"; stroke: Stroke }
  /** More points for the last stroke. */
  | { type: "extend"; points: Stroke["points"] }
  | { type: "undo" }
  | { type: "redo" }
  /** Clears the sheet; can be undone like a stroke. */
  | { type: "clear" };

/** The drawing after an action. */
export function draw(drawing: Drawing, action: DrawingAction): Drawing {
  const { done, undone } = drawing;
  switch (action.type) {
    case "begin":
      return { done: [...done, action.stroke], undone: [] };
    case "extend": {
      const last = done.at(-1);
      if (!last || last === "cleared") return drawing;
      return { done: [...done.slice(0, -1), { ...last, points: [...last.points, ...action.points] }], undone };
    }
    case "undo": {
      const last = done.at(-1);
      return last === undefined ? drawing : { done: done.slice(0, -1), undone: [...undone, last] };
    }
    case "redo": {
      const last = undone.at(-1);
      return last === undefined ? drawing : { done: [...done, last], undone: undone.slice(0, -1) };
    }
    case "clear":
      return done.at(-1) === "cleared" ? drawing : { done: [...done, "cleared"], undone: [] };
  }
}

/** The visible strokes: those since the sheet was last cleared. */
export function visibleStrokes({ done }: Drawing): readonly Stroke[] {
  const since = done.slice(done.lastIndexOf("cleared") + 1);
  return since.filter((entry): entry is Stroke => entry !== "cleared");
}

/** Whether the sheet was cleared, and with it the drawing that it started with. */
export function wasCleared({ done }: Drawing): boolean {
  return done.includes("cleared");
}

/** Paints a drawing on a sheet of one colour, over `ground` unless the sheet was cleared. */
export function paintDrawing(context: CanvasRenderingContext2D, drawing: Drawing, sheet: string, ground: CanvasImageSource | null): void {
  const { width, height } = context.canvas;
  context.fillStyle = sheet;
  context.fillRect(0, 0, width, height);
  if (ground && !wasCleared(drawing)) context.drawImage(ground, 0, 0, width, height);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const stroke of visibleStrokes(drawing)) paintStroke(context, stroke, sheet);
}

/** The colour that a stroke paints; the eraser paints in the sheet's colour. */
export function colourOf({ tool, colour }: Pick<Stroke, "tool" | "colour">, sheet: string): string {
  return tool === "pen" ? colour : sheet;
}

/** The width of a stroke at a point, px. */
function lineWidth({ tool, width }: Stroke, pressure: number): number {
  return tool === "pen" ? width * (0.4 + 0.6 * pressure) : width * 3;
}

function paintStroke(context: CanvasRenderingContext2D, stroke: Stroke, sheet: string): void {
  const { points } = stroke;
  context.strokeStyle = colourOf(stroke, sheet);
  const [first] = points;
  if (!first) return;
  // A tap paints a dot, because a line without length paints nothing.
  context.fillStyle = context.strokeStyle;
  context.beginPath();
  context.arc(first[0], first[1], lineWidth(stroke, first[2]) / 2, 0, 2 * Math.PI);
  context.fill();
  let [x, y] = first;
  let [fromX, fromY] = first;
  // Curves run between the midpoints of the points, each bent by the point between, so that strokes have no false
  // corners.
  for (const [index, [toX, toY, pressure]] of points.entries()) {
    const isLast = index === points.length - 1;
    const [endX, endY] = isLast ? [toX, toY] : [(x + toX) / 2, (y + toY) / 2];
    context.lineWidth = lineWidth(stroke, pressure);
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.quadraticCurveTo(x, y, endX, endY);
    context.stroke();
    [fromX, fromY] = [endX, endY];
    [x, y] = [toX, toY];
  }
}
