/** Zooming into pictures. */
export const zoomTexts = {
  window: "Picture; arrow keys move it while you are zoomed in",
  tools: "Zoom",
  closer: "Zoom in",
  farther: "Zoom out",
  hint: "Wheel or pinch",
  fit: "Fit",
} as const;
