"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import styles from "./masthead.module.css";

const rooms = [
  { href: "/", name: "Paint" },
  { href: "/translate", name: "Translate" },
  { href: "/live", name: "Live" },
  { href: "/gallery", name: "Gallery" },
];

/** The studio's name and the ways to its rooms. */
export function Masthead() {
  const here = usePathname();
  return (
    <header className={styles.masthead}>
      <Link href="/" className={styles.wordmark}>
        Atelier
      </Link>
      <nav className={styles.rooms} aria-label="Rooms">
        {rooms.map(({ href, name }) => (
          <Link key={href} href={href} className={styles.room} aria-current={here === href ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </nav>
    </header>
  );
}
