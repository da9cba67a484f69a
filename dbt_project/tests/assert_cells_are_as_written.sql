-- Name, e-mail and type of every raw row are cells of that very row, to the letter; a name that two
-- cells make together has no word of its own.

select
    row_key,
    name,
    email,
    personality_type,
    cells
from {{ ref("int_row_texts") }}
where
    ({{ lacks_cell("cells", "name") }} and {{ lacks_word("cells", "name") }})
    or {{ lacks_cell("cells", "email") }}
    or {{ lacks_cell("cells", "personality_type") }}
