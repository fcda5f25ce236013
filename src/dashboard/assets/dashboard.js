// Comfort that pages do without: a checkbox that chooses all rows, instants in the reader's own zone, and panels
// that renew themselves.
'use strict';

for (const time of document.querySelectorAll('time[datetime]')) {
  const local = new Date(time.dateTime).toLocaleString();
  time.title = time.title ? `${local}\n${time.title}` : local;
}

for (const head of document.querySelectorAll('table.list thead th:first-child')) {
  const boxes = head.closest('table').querySelectorAll('tbody input[type=checkbox]');
  if (boxes.length < 2) continue;
  const all = document.createElement('input');
  all.type = 'checkbox';
  all.setAttribute('aria-label', 'Choose all on this page');
  all.addEventListener('change', () => boxes.forEach((box) => { box.checked = all.checked; }));
  head.replaceChildren(all);
}

// <section data-renew="5" id="…"> is fetched anew every 5 seconds while the page is seen and not in use.
for (const part of document.querySelectorAll('[data-renew][id]')) {
  const { id } = part;
  setInterval(async () => {
    const old = document.getElementById(id);
    if (document.hidden || !old || old.contains(document.activeElement)) return;
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.getElementById(id);
    if (fresh) old.replaceWith(fresh);
  }, Number(part.dataset.renew) * 1000);
}

// A field that holds several names with commas between them: the suggestions complete the last one.
for (const field of document.querySelectorAll('input[data-list]')) {
  const names = [...field.list.options].map((option) => option.value);
  field.addEventListener('input', () => {
    const before = field.value.slice(0, field.value.lastIndexOf(',') + 1);
    [...field.list.options].forEach((option, place) => { option.value = before + names[place]; });
  });
}

// A button that copies what stands in a <pre data-copy>.
for (const text of document.querySelectorAll('pre[data-copy]')) {
  if (!navigator.clipboard) break;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = 'Copied';
  });
  text.before(button);
}
