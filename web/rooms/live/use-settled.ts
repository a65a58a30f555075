import { useEffect, useState } from "react";

/** Time for which a value must stay the same, ms. */
const SETTLED_MS = 400;

/** The value once it has not changed for a while, so that a slider can be dragged; at once unless `waits` is set. */
export function useSettled<Value>(value: Value, waits: boolean): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    if (!waits) {
      setSettled(value);
      return;
    }
    const timer = setTimeout(() => setSettled(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [value, waits]);
  return waits ? settled : value;
}
