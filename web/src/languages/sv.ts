export default import.meta.glob(['../*/locales/sv.json', '!../{meeting,flows,emoji,search,calls,notices}/**'], { eager: true, import: 'default' });
