"""Network -> YAML as a person writes it: branches, blocks with arguments, repeats.

1. ``tree``: the graph becomes a series-parallel tree, a list of items. A merge gets branches if the layers
   that it joins stand one after the other in front of it. Any other wire stays a ``from``.
2. ``modules``: the layers of a module stand together in a scope, if one wire goes in and one comes out.
3. ``blocks``: from the innermost scopes outwards, scopes that are alike become uses of one block. They may
   differ in numbers, and in a few layers that only some of them have (``alike``). What differs becomes an
   argument (``arguments``), with the name of what it sets (``argument_names``): ``filters``, ``stride``,
   ``depth``. A scope that is like no other is opened.
4. ``repeats``: items that follow each other and are the same become a repeat.
5. ``names``, ``defaults`` and ``text`` write the items; ``spec`` puts the parts of the file together.

The order of the layers never changes. The text is read back and compared with the network, layer by layer. If
anything differs, blocks and repeats are left out, and then branches.
"""
