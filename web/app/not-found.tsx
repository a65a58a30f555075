import Link from "next/link";

export default function NotFound() {
  return (
    <main className="page">
      <h1>There is no such page.</h1>
      <Link href="/">Back to the studio</Link>
    </main>
  );
}
