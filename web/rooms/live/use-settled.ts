import { useEffect, useState } from "react";

/** How long a value has to stay as it is, ms. */
const SETTLED_MS = 400;

/** `value` as it is when it has not changed for a while, so that a slider can be drawn; at once unless it `waits`. */
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
