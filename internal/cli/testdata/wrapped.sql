\pset format wrapped
\pset columns 40
select 1 as id, 'some long text that must be wrapped to fit' as words, 12345678901234567890 as big union all select 2, E'two\nlines of which the second is quite long', null;
select 'a' as x, repeat('wide ',20) as y, repeat('z', 30) as z from generate_series(1,3);
select g as a_name_of_some_width, repeat('ab',g*4) t, md5(g::text) m from generate_series(1,5) g;
\pset border 2
select 1 as id, 'some long text that must be wrapped to fit' as words, 12345678901234567890 as big union all select 2, E'two\nlines of which the second is quite long', null;
\pset border 0
select 1 as id, 'some long text that must be wrapped to fit' as words, 12345678901234567890 as big union all select 2, E'two\nlines of which the second is quite long', null;
\pset border 1
\pset linestyle unicode
select 1 as id, 'some long text that must be wrapped to fit' as words, 12345678901234567890 as big union all select 2, E'two\nlines of which the second is quite long', null;
\pset linestyle ascii
select 'äöü日本語日本語日本語日本語日本語' as wide, 'x y z' as s, 3.14159 as n;
\t
select 1 as id, 'some long text that must be wrapped to fit' as words;
\t
\pset title 'The title'
select 1 as id, 'some long text that must be wrapped to fit' as words;
select 'short' as a;
select 'x' as a where false;
\pset columns 10
select 'short' as a, 'a longer text' as b, 'c' as a_long_name;
\pset columns 20
select 'short' as a, 'a longer text' as b, repeat('long',10) as c;
